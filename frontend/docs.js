// The page of the API: Swagger UI on the description that this server gives, and nothing from elsewhere.
const place = document.querySelector("#api");
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  showExtensions: true,
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
