# The image of the MCP Registry Gateway: docker build -t mcp-registry-backend .
# Programs on a base without shell and package manager; not root; nothing is written but to /data.
#
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -v registry:/data \
#     -p 8000:8000 -p 8001:8001 --env-file .env mcp-registry-backend
#
# `public-api`, `mcp-gateway` and `mcp-registry migrate` are in it too: --entrypoint, or the command.

FROM rust:1.95-bookworm AS build
WORKDIR /src
# Paths of this machine do not get into the programs, so that the same sources give the same bytes.
ENV CARGO_INCREMENTAL=0 \
    RUSTFLAGS="--remap-path-prefix=/src=. --remap-path-prefix=/usr/local/cargo=cargo"
COPY . .
RUN cargo build --release --locked -p standalone -p public-api -p mcp-gateway \
    && install -d -m 0700 /out/data \
    && install -D -t /out/usr/local/bin \
       target/release/mcp-registry target/release/public-api target/release/mcp-gateway

# glibc and libgcc, root certificates, and a user 65532 (nonroot).
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=0:0 /out/usr/local/bin/ /usr/local/bin/
COPY --from=build --chown=65532:65532 /out/data /data
ENV ENVIRONMENT=production \
    MREG_DATA_DIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/mcp-registry", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/mcp-registry"]
CMD ["serve"]
