# Two stages: Swift builds one file with its runtime linked in; a slim Debian runs it as an unprivileged user.
#
#   docker build --build-arg BGDEMO_COMMIT=$(git describe --always --dirty) -t bgdemo .
#   docker run --rm -p 127.0.0.1:8080:8080 -e HOST=0.0.0.0 -e BGDEMO_ALLOW_RECIPIENT='*@example.org' bgdemo

FROM swift:6.2-bookworm AS build
# The versions are Debian's, so that a rebuild brings its security updates.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcurl4-openssl-dev libhiredis-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# For --version: the build sees no git.
ARG BGDEMO_COMMIT
RUN swift build -c release --static-swift-stdlib --product bgdemo \
    && install -D -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/bgdemo" /out/bgdemo

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcurl4 libhiredis0.14 libstdc++6 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /var/lib/bgdemo bgdemo
COPY --from=build /out/bgdemo /usr/local/bin/bgdemo
USER 10001
WORKDIR /var/lib/bgdemo
EXPOSE 8080
ENTRYPOINT ["bgdemo"]
CMD ["serve"]
