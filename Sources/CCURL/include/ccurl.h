// libcurl, opened on first use: a program that holds this code starts without loading curl and its thirty libraries.
//
// The functions are libcurl's own, under names with a "c" before; setopt has one form per kind of value, because
// Swift has no variadic calls. Only ccurl_open may be called before ccurl_open has answered 0.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

/// Opens and initialises libcurl; 0, or -1 with the reason in `reason`. Any thread may call it, any number of times.
int ccurl_open(char *reason, size_t capacity);
/// Where ccurl_open looks, in order, separated by commas.
const char *ccurl_candidates(void);
const char *ccurl_version(void);

void *ccurl_easy_init(void);
void ccurl_easy_cleanup(void *easy);
CURLcode ccurl_set_long(void *easy, CURLoption option, long value);
CURLcode ccurl_set_size(void *easy, CURLoption option, int64_t value);
CURLcode ccurl_set_string(void *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(void *easy, CURLoption option, void *value);
CURLcode ccurl_set_list(void *easy, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_callback(void *easy, CURLoption option, ccurl_data_callback callback);
long ccurl_response_code(void *easy);
void *ccurl_private(void *easy);
const char *ccurl_strerror(CURLcode code);

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line);
void ccurl_slist_free_all(struct curl_slist *list);

void *ccurl_multi_init(void);
void ccurl_multi_cleanup(void *multi);
CURLMcode ccurl_multi_set_long(void *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_add(void *multi, void *easy);
CURLMcode ccurl_multi_remove(void *multi, void *easy);
CURLMcode ccurl_multi_perform(void *multi);
/// Waits for something to do, a wakeup or the time; libcurl's own timers are respected.
CURLMcode ccurl_multi_poll(void *multi, int milliseconds);
CURLMcode ccurl_multi_wakeup(void *multi);
/// The next finished transfer and its result; false when there is none.
bool ccurl_multi_finished(void *multi, void **easy, CURLcode *result);

#endif
