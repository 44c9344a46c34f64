#include "cpictures.h"

#include <dlfcn.h>
#include <pthread.h>
#include <spng.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <turbojpeg.h>

// One row per function: its name and the type that the header declares for it.
#define JPEG_FUNCTIONS(row) row(tjInitDecompress) row(tjDecompress2) row(tjGetErrorStr2) row(tjDestroy)
#define PNG_FUNCTIONS(row) \
    row(spng_ctx_new) row(spng_ctx_free) row(spng_set_png_buffer) row(spng_set_image_limits) \
    row(spng_set_chunk_limits) row(spng_decode_image) row(spng_decoded_image_size) row(spng_strerror)

#define FIELD(name) __typeof__(&name) name;
static struct { JPEG_FUNCTIONS(FIELD) } jpeg;
static struct { PNG_FUNCTIONS(FIELD) } png;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// Of the chunks beside the picture: an embedded colour profile takes a few hundred kilobytes at most.
enum { CHUNK_MAX = 8 << 20, CHUNKS_MAX = 16 << 20 };

static void *open_library(const char *path, char *reason, size_t capacity) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) snprintf(reason, capacity, "%s", dlerror());
    return library;
}

#define RESOLVE(name) \
    if (result == 0 && !(*(void **)&table.name = dlsym(library, #name))) { \
        snprintf(reason, capacity, "%s has no function " #name, path); \
        result = -1; \
    }

int cpictures_open_jpeg(const char *path, char *reason, size_t capacity) {
    static bool is_open = false;
    pthread_mutex_lock(&mutex);
    int result = 0;
    if (!is_open) {
        __typeof__(jpeg) table;
        void *library = open_library(path, reason, capacity);
        if (!library) result = -1;
        JPEG_FUNCTIONS(RESOLVE)
        if (result == 0) jpeg = table;
        is_open = result == 0;
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

int cpictures_open_png(const char *path, const char *zlib, char *reason, size_t capacity) {
    static bool is_open = false;
    pthread_mutex_lock(&mutex);
    int result = 0;
    if (!is_open) {
        __typeof__(png) table;
        // The loader takes a library that is there already for one of the same name that is needed.
        dlopen(zlib, RTLD_NOW | RTLD_LOCAL);
        void *library = open_library(path, reason, capacity);
        if (!library) result = -1;
        PNG_FUNCTIONS(RESOLVE)
        if (result == 0) png = table;
        is_open = result == 0;
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

int cpictures_decode_jpeg(
    const uint8_t *file, size_t size, int width, int height, enum cpictures_jpeg_samples samples, uint8_t *out,
    char *reason, size_t capacity) {
    tjhandle handle = jpeg.tjInitDecompress();
    if (!handle) {
        snprintf(reason, capacity, "out of memory");
        return -1;
    }
    int format = samples == CPICTURES_JPEG_GREY ? TJPF_GRAY : samples == CPICTURES_JPEG_RGB ? TJPF_RGB : TJPF_CMYK;
    int result = jpeg.tjDecompress2(
        handle, file, size, out, width, 0, height, format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (result != 0) {
        const char *text = jpeg.tjGetErrorStr2(handle);
        // Cameras leave padding between segments, which takes nothing away from the picture.
        if (strstr(text, "extraneous bytes before marker")) result = 0;
        else snprintf(reason, capacity, "%s", text);
    }
    jpeg.tjDestroy(handle);
    return result;
}

static int decode_png(
    spng_ctx *context, const uint8_t *file, size_t size, enum spng_format format, uint8_t *out, size_t length) {
    size_t needed = 0;
    int error = png.spng_set_image_limits(context, INT32_MAX, INT32_MAX);
    if (!error) error = png.spng_set_chunk_limits(context, CHUNK_MAX, CHUNKS_MAX);
    if (!error) error = png.spng_set_png_buffer(context, file, size);
    if (!error) error = png.spng_decoded_image_size(context, format, &needed);
    if (!error && needed != length) error = SPNG_EBUFSIZ;
    int flags = format == SPNG_FMT_RGBA8 ? SPNG_DECODE_TRNS : 0;
    return error ? error : png.spng_decode_image(context, out, length, format, flags);
}

int cpictures_decode_png(
    const uint8_t *file, size_t size, enum cpictures_png_samples samples, uint8_t *out, size_t length,
    char *reason, size_t capacity) {
    spng_ctx *context = png.spng_ctx_new(0);
    if (!context) {
        snprintf(reason, capacity, "out of memory");
        return -1;
    }
    enum spng_format format =
        samples == CPICTURES_PNG_GREY ? SPNG_FMT_G8 : samples == CPICTURES_PNG_RGB ? SPNG_FMT_RGB8 : SPNG_FMT_RGBA8;
    int error = decode_png(context, file, size, format, out, length);
    if (error) snprintf(reason, capacity, "%s", png.spng_strerror(error));
    png.spng_ctx_free(context);
    return error ? -1 : 0;
}
