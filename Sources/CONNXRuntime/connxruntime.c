#include "connxruntime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const void *(*GetApi)(uint32_t version);
    const char *(*GetVersionString)(void);
} ApiBase;

// The first version that has every slot above.
#define API_VERSION 15

const char *connxruntime_load(CONNXRuntime *api, const char *path) {
    static _Thread_local char reason[128];
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    const ApiBase *(*get_base)(void) = (const ApiBase *(*)(void))dlsym(library, "OrtGetApiBase");
    if (!get_base) return "it has no OrtGetApiBase, so it is not ONNX Runtime";
    const ApiBase *base = get_base();
    void *const *table = base->GetApi(API_VERSION);
    if (!table) {
        snprintf(reason, sizeof reason, "version %s is older than 1.15", base->GetVersionString());
        return reason;
    }
    api->version = base->GetVersionString();
#define X(slot, result, name, ...) api->name = (result(*)(__VA_ARGS__))table[slot];
    CONNXRUNTIME_FUNCTIONS(X)
#undef X
    return NULL;
}
