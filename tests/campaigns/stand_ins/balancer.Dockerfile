# For caddy:2.11-alpine: Debian's caddy, with the mark on its file that the real image's has.
FROM base-stand-in
COPY caddy /usr/bin/caddy
RUN setcap cap_net_bind_service=+ep /usr/bin/caddy && mkdir /etc/caddy
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
