FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends npm
COPY . /src
WORKDIR /src
RUN ./dev build && DESTDIR=/out cmake --install build/release --prefix /usr --strip

FROM debian:12-slim
# ca-certificates: to trust a mail server at smtps://; tzdata: for the time in a zone
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcaf-core0.17 librocksdb7.8 \
      libsodium23 libcurl4 libspdlog1.10 libfmt9 libhttp-parser2.9 libssl3 libprometheus-cpp-core1.0 libjwt0 \
      liboath0 libqrencode4 libarchive13 libgraphicsmagick-q16-3 libqpdf29 libmagic1 libxapian30 libutf8proc2 \
      liblua5.4-0 libdate-tz3 libyaml-cpp0.7 tzdata && \
    rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /data troupe && install -d -o troupe -m 0700 /data
COPY --from=build /out/usr /usr
USER troupe
VOLUME /data
EXPOSE 5000 8000 3000
# By the environment, so that `docker run -e` and flags behind `serve` can say otherwise.
ENV TROUPE_DATA=/data TROUPE_LISTEN="0.0.0.0:5000=bot_manager 0.0.0.0:8000=plexichat,chat_v1,openai 0.0.0.0:3000=chatai"
# The metrics listener answers in plain HTTP whether or not the API is behind TLS.
HEALTHCHECK --start-period=1m CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
ENTRYPOINT ["/usr/bin/troupe"]
CMD ["serve"]
