# The exporter in an image that holds nothing else: one static binary, the certificates it trusts,
# and a user without a name to log in by. `tests/container` builds and runs it.

# Built on the machine that builds, for the one that is asked for (`--platform`).
# hadolint ignore=DL3029
FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /build
# Static, so that the image needs no C library. glibc looks names up by itself (files, then DNS).
ENV RUSTFLAGS="-C target-feature=+crt-static"
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]

# What is built in besides the exporter: `--build-arg FEATURES=` leaves the simulated Okta out, and with it
# `demo` and `simulate`.
ARG FEATURES=simulator

# The target is named, even where it is this machine, so that build scripts and macros, which run here, are
# not linked statically. For another machine, what is not there yet is fetched: its compiler of C, and its
# part of Rust.
ARG TARGETARCH
# hadolint ignore=DL3008
RUN arch="${TARGETARCH:-$(dpkg --print-architecture)}"; \
    machine=$(echo "$arch" | sed 's/amd64/x86_64/; s/arm64/aarch64/'); \
    target="$machine-unknown-linux-gnu"; \
    mkdir .cargo; \
    printf '[build]\ntarget = "%s"\n[target.%s]\nlinker = "%s-linux-gnu-gcc"\n' "$target" "$target" "$machine" > .cargo/config.toml; \
    if ! command -v "$machine-linux-gnu-gcc"; then \
      apt-get update -qq; \
      apt-get install -qq -y --no-install-recommends "gcc-$(echo "$machine" | tr _ -)-linux-gnu" "libc6-dev-$arch-cross"; \
      rm -rf /var/lib/apt/lists/*; \
    fi; \
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] || rustup target add "$target"

# The dependencies, in a layer of their own: it is built again only when the manifest changes.
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
RUN mkdir -p src tests/it; \
    echo 'fn main() {}' | tee src/main.rs tests/it/main.rs; \
    touch src/lib.rs; \
    cargo build --locked --release --no-default-features --features "$FEATURES"

# Whose they are, and by what licences.
COPY config/licences config/licences
RUN mkdir /image; \
    config/licences --no-default-features --features "$FEATURES" | gzip -9n > /image/third-party-licences.gz

# The exporter. The stubs above are newer than its sources. What it says of itself: the commit, and the
# seconds since 1970 of its date (`git show --no-patch --format=%ct`).
ARG REVISION
ARG SOURCE_DATE_EPOCH
COPY src src
# The runbooks and the alert rules are built in.
COPY docs/runbooks docs/runbooks
COPY config/prometheus config/prometheus
RUN touch src/lib.rs src/main.rs; \
    OKTA_EXPORTER_REVISION="$REVISION" SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-}" cargo build --locked --release --no-default-features --features "$FEATURES"

# The whole file system of the image. `demo` writes to /tmp.
RUN mkdir -p /image/etc/ssl/certs; \
    install -d -m 1777 /image/tmp; \
    echo 'nonroot:x:65532:65532::/:/sbin/nologin' > /image/etc/passwd; \
    echo 'nonroot:x:65532:' > /image/etc/group; \
    cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    install target/*/release/okta-exporter /image/okta-exporter
COPY LICENSE /image/LICENSE

FROM scratch
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="okta-exporter" \
      org.opencontainers.image.description="Watches Okta and tells Prometheus before users notice." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /image /
USER 65532:65532
EXPOSE 6582
HEALTHCHECK --interval=30s --timeout=6s CMD ["/okta-exporter", "health"]
# glibc would keep the memory that a large page took; this gives it back after each scrape.
ENV MALLOC_MMAP_THRESHOLD_=131072
ENTRYPOINT ["/okta-exporter"]
