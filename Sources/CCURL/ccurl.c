#define CURL_DISABLE_TYPECHECK 1
#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static const char *const candidates[] = {"libcurl.so.4", "libcurl.so", "libcurl-gnutls.so.4"};

// One row per function: its name and the type that curl.h declares for it.
#define FUNCTIONS(row) \
    row(curl_global_init) row(curl_version) \
    row(curl_easy_init) row(curl_easy_cleanup) row(curl_easy_setopt) row(curl_easy_getinfo) row(curl_easy_strerror) \
    row(curl_slist_append) row(curl_slist_free_all) \
    row(curl_multi_init) row(curl_multi_cleanup) row(curl_multi_setopt) \
    row(curl_multi_add_handle) row(curl_multi_remove_handle) row(curl_multi_perform) \
    row(curl_multi_poll) row(curl_multi_wakeup) row(curl_multi_info_read)

static struct {
#define FIELD(name) __typeof__(&name) name;
    FUNCTIONS(FIELD)
} api;

static int resolve(void *library, char *reason, size_t capacity) {
#define RESOLVE(name) \
    *(void **)&api.name = dlsym(library, #name); \
    if (!api.name) { \
        snprintf(reason, capacity, "it has no function " #name "; version 7.68 or newer is needed"); \
        return -1; \
    }
    FUNCTIONS(RESOLVE)
    if (api.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(reason, capacity, "curl_global_init failed");
        return -1;
    }
    return 0;
}

int ccurl_open(char *reason, size_t capacity) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool is_open = false;
    pthread_mutex_lock(&mutex);
    int result = is_open ? 0 : -1;
    for (size_t i = 0; result != 0 && i < sizeof candidates / sizeof *candidates; i++) {
        void *library = dlopen(candidates[i], RTLD_NOW | RTLD_LOCAL);
        if (!library) {
            // The first failure names the library that should be there.
            if (i == 0) snprintf(reason, capacity, "%s", dlerror());
            continue;
        }
        result = resolve(library, reason, capacity);
        if (result != 0) break;
    }
    is_open = result == 0;
    pthread_mutex_unlock(&mutex);
    return result;
}

const char *ccurl_candidates(void) { return "libcurl.so.4, libcurl.so, libcurl-gnutls.so.4"; }

const char *ccurl_version(void) { return api.curl_version(); }

void *ccurl_easy_init(void) { return api.curl_easy_init(); }
void ccurl_easy_cleanup(void *easy) { api.curl_easy_cleanup(easy); }

CURLcode ccurl_set_long(void *easy, CURLoption option, long value) {
    return api.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_size(void *easy, CURLoption option, int64_t value) {
    return api.curl_easy_setopt(easy, option, (curl_off_t)value);
}
CURLcode ccurl_set_string(void *easy, CURLoption option, const char *value) {
    return api.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_pointer(void *easy, CURLoption option, void *value) {
    return api.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_list(void *easy, CURLoption option, struct curl_slist *value) {
    return api.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_callback(void *easy, CURLoption option, ccurl_data_callback callback) {
    return api.curl_easy_setopt(easy, option, callback);
}

long ccurl_response_code(void *easy) {
    long code = 0;
    api.curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}
void *ccurl_private(void *easy) {
    char *context = NULL;
    api.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
    return context;
}
const char *ccurl_strerror(CURLcode code) { return api.curl_easy_strerror(code); }

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line) {
    return api.curl_slist_append(list, line);
}
void ccurl_slist_free_all(struct curl_slist *list) { api.curl_slist_free_all(list); }

void *ccurl_multi_init(void) { return api.curl_multi_init(); }
void ccurl_multi_cleanup(void *multi) { api.curl_multi_cleanup(multi); }
CURLMcode ccurl_multi_set_long(void *multi, CURLMoption option, long value) {
    return api.curl_multi_setopt(multi, option, value);
}
CURLMcode ccurl_multi_add(void *multi, void *easy) { return api.curl_multi_add_handle(multi, easy); }
CURLMcode ccurl_multi_remove(void *multi, void *easy) { return api.curl_multi_remove_handle(multi, easy); }
CURLMcode ccurl_multi_perform(void *multi) {
    int running = 0;
    return api.curl_multi_perform(multi, &running);
}
CURLMcode ccurl_multi_poll(void *multi, int milliseconds) {
    return api.curl_multi_poll(multi, NULL, 0, milliseconds, NULL);
}
CURLMcode ccurl_multi_wakeup(void *multi) { return api.curl_multi_wakeup(multi); }

bool ccurl_multi_finished(void *multi, void **easy, CURLcode *result) {
    int left = 0;
    for (CURLMsg *message; (message = api.curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *easy = message->easy_handle;
        *result = message->data.result;
        return true;
    }
    return false;
}
