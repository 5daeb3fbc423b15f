FROM debian:12 AS build
COPY . /src
WORKDIR /src
RUN ./dev build && install -D build/release/troupe /out/usr/bin/troupe && \
    if [ -d build/release/docs ]; then install -D -t /out/usr/share/troupe/docs build/release/docs/*; fi

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libcaf-core0.17 librocksdb7.8 libsodium23 libcurl4 \
      libspdlog1.10 libfmt9 libhttp-parser2.9 libssl3 libprometheus-cpp-core1.0 && rm -rf /var/lib/apt/lists/* && \
    useradd --system --home-dir /data troupe && install -d -o troupe /data
COPY --from=build /out /
USER troupe
VOLUME /data
EXPOSE 5000
HEALTHCHECK CMD ["/usr/bin/troupe", "--version"]
ENTRYPOINT ["/usr/bin/troupe", "serve", "--data", "/data", "--listen", "0.0.0.0:5000=bot_manager"]
