#!/usr/bin/env bash
# Builds the deploy zip: bootstrap for Lambda, mark for EC2 backends, ONNX Runtime, libstdc++, picture codecs, models, licences.
#
#   build-scripts/package.sh [--models FOLDER] [--output FILE]
#
# Default: the models of template/models, written to .build/mark-lambda-<arch>.zip, which template/template.yaml deploys.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
source build-scripts/libstdcxx.sh

models=template/models
declare -A lambda_arch=([x86_64]=x86_64 [aarch64]=arm64)
default=.build/mark-lambda-${lambda_arch[$arch]}.zip
output=$default
while [ $# -gt 0 ]; do
    case $1 in
        --models) models=${2:?--models needs a folder}; shift 2 ;;
        --output) output=${2:?--output needs a file}; shift 2 ;;
        *) fail "unknown argument $1; known are --models FOLDER and --output FILE" ;;
    esac
done
[ -d "$models" ] || fail "there is no folder $models"

command -v readelf objdump strip >/dev/null || install_packages binutils
install_libstdcxx
build bootstrap
build mark

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/bin" "$stage/lib" "$stage/licences" "$(dirname "$output")"
# Two sections hold hashes of where and when a module was compiled, and nothing reads them at run time: without them a clone at any path
# gives the same bytes.
programs=$(swift build --configuration release --show-bin-path)
for program in bootstrap bin/mark; do
    strip --strip-all --remove-section=.swift_modhash --remove-section=.note.gnu.build-id -o "$stage/$program" "$programs/$(basename "$program")"
done
cp "$onnxruntime/lib/libonnxruntime.so.1" "$libstdcxx/lib/libstdc++.so.6" "$libstdcxx/lib/libgcc_s.so.1" "$stage/lib/"
# The codecs are opened by the first picture that comes; libspng needs a zlib, which provided.al2023 may lack.
system=$(dirname "$(dpkg-query --listfiles libturbojpeg0-dev | grep '/libturbojpeg\.so$')")
for library in libturbojpeg.so.0 libspng.so.0 libz.so.1; do cp -L "$system/$library" "$stage/lib/"; done
# What `mark optimize --replace` keeps of a model would only make the zip larger.
cp -rL "$models" "$stage/models"
find "$stage/models" -name '*.original' -delete
cp LICENSE "$stage/licences/MARK-LICENSE.txt"
cp "$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt" "$stage/licences/SWIFT-LICENSE.txt"
cp "$onnxruntime/ONNXRUNTIME-LICENSES.txt" "$libstdcxx/GCC-LICENSES.txt" "$stage/licences/"
cp /usr/share/doc/libturbojpeg0-dev/copyright "$stage/licences/LIBJPEG-TURBO-LICENSES.txt"
cp /usr/share/doc/libspng-dev/copyright "$stage/licences/LIBSPNG-LICENSE.txt"
cp /usr/share/doc/zlib1g-dev/copyright "$stage/licences/ZLIB-LICENSE.txt"
# mark has the Swift packages in it, and BoringSSL, which is in one of them and named in its notice.
(export LC_ALL=C; cd .build/checkouts && tail -n +1 -- */LICENSE* */NOTICE*) > "$stage/licences/SWIFT-PACKAGES-LICENSES.txt"

say "packing $output"
python3 build-scripts/bundle.py "$stage" "$output"
# What the template deploys, whose paths cannot depend on the architecture.
[ "$output" != "$default" ] || ln -sf "$(basename "$default")" .build/mark-lambda.zip
