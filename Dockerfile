# dreamzoom with both engines, torch and real Caffe; dreamzoom/guide/pictures.md has the commands.
#
#   docker build --tag dreamzoom .
#   docker build --tag dreamzoom-notebook --target notebook .

# Any Debian from 12 or Ubuntu from 24.04. Python is the system's own, because the system's Boost.Python, which
# Caffe is linked with, is made for that one alone.
ARG BASE=debian:bookworm-slim


FROM ${BASE} AS python
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && /usr/bin/python3 -m venv /opt/dreamzoom
ENV PATH=/opt/dreamzoom/bin:$PATH PIP_NO_CACHE_DIR=1


FROM python AS caffe
COPY dreamzoom/engines/build_caffe.py /
RUN python /build_caffe.py --cache /wheels --no-install \
    && python /build_caffe.py --cache /wheels --runtime-packages > /wheels/runtime-packages


FROM python AS packages
# For dreamzoom's own kernels, which its installation compiles.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ \
    && rm -rf /var/lib/apt/lists/*
# More options for pip. On x86, pip's usual index has PyTorch with CUDA, which is several gigabytes; give
# `--extra-index-url` with PyTorch's own index of CPU builds, or `--find-links` with a folder of wheels.
ARG PIP_OPTIONS=
WORKDIR /source
# Those of the studio are among them, 5 MB; its page wants `--host 0.0.0.0` and a port that is published.
# The packages come before the code, so that a change of the code does not fetch PyTorch again.
COPY pyproject.toml ./
# PyTorch's headers and its own tests, a fifth of its size, are of no use where nothing is compiled.
RUN python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
        print(*project["dependencies"], *project["optional-dependencies"]["studio"], sep="\n")' \
        > requirements.txt \
    && pip install ${PIP_OPTIONS} --requirement requirements.txt \
    && cd /opt/dreamzoom/lib/python3*/site-packages/torch \
    && rm -rf include test bin/protoc* bin/*[Tt]est*
COPY --from=caffe /wheels /wheels
COPY . ./
RUN pip install ${PIP_OPTIONS} . /wheels/*.whl


FROM ${BASE} AS dreamzoom
ARG DEBIAN_FRONTEND=noninteractive
COPY --from=caffe /wheels/runtime-packages /tmp/
# Both folders are for anyone, so that `docker run --user` may name anyone.
RUN apt-get update \
    && xargs --arg-file=/tmp/runtime-packages \
        apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages \
    && useradd --create-home dreamzoom \
    && install --directory --mode=1777 /clips /models
COPY --from=packages /opt/dreamzoom /opt/dreamzoom
ENV PATH=/opt/dreamzoom/bin:$PATH DREAMZOOM_MODELS=/models
USER dreamzoom
WORKDIR /clips
STOPSIGNAL SIGTERM
ENTRYPOINT ["dreamzoom"]


FROM dreamzoom AS notebook
USER root
RUN pip install --no-cache-dir jupyterlab \
    && install --directory --owner=dreamzoom --group=dreamzoom /notebook \
    && ln --symbolic /clips /notebook/clips
COPY --chown=dreamzoom:dreamzoom dreamzoom/guide/dream.ipynb /notebook/
USER dreamzoom
WORKDIR /notebook
EXPOSE 8888
# Port 8888 of the container; which addresses of the host lead to it, `docker run --publish` decides.
ENTRYPOINT ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]


# What `docker build` makes when no stage is named.
FROM dreamzoom
