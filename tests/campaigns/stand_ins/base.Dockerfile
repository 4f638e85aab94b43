# For python:3.13-slim-trixie where no registry of images is reached: Debian with its own Python.
FROM debian-stand-in
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s /usr/bin/python3 /usr/local/bin/python && rm /usr/lib/python3.*/EXTERNALLY-MANAGED
ENV UV_NATIVE_TLS=1 UV_SYSTEM_CERTS=1 PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
