# Two stages: Swift builds one file with its runtime linked in; a slim Debian runs it as nobody in particular.
FROM swift:6.2-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcurl4-openssl-dev libhiredis-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN swift build -c release --static-swift-stdlib --product bgdemo \
    && install -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/bgdemo" /out/bgdemo \
    && strip /out/bgdemo

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcurl4 libhiredis0.14 libstdc++6 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/bgdemo bgdemo
COPY --from=build /out/bgdemo /usr/local/bin/bgdemo
USER bgdemo
WORKDIR /var/lib/bgdemo
EXPOSE 8080
ENTRYPOINT ["bgdemo"]
CMD ["serve"]
