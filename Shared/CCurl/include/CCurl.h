#ifndef ALE_CCURL_H
#define ALE_CCURL_H

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one typed function for each kind of
// argument. Callbacks have named types so that Swift checks the closures it passes.

#include <curl/curl.h>

typedef int (*ale_curl_debug_callback)(CURL *handle, curl_infotype type, char *data, size_t size, void *context);
typedef int (*ale_curl_progress_callback)(
    void *context, curl_off_t download_total, curl_off_t download_now, curl_off_t upload_total, curl_off_t upload_now);
typedef curl_socket_t (*ale_curl_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode ale_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ale_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ale_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ale_curl_set_debug(CURL *handle, ale_curl_debug_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, callback);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_DEBUGDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    return code;
}

static inline CURLcode ale_curl_set_progress(CURL *handle, ale_curl_progress_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    return code;
}

/// Opens the sockets that curl connects by.
static inline CURLcode ale_curl_set_open(CURL *handle, ale_curl_open_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
    return code;
}

/// Bytes to upload. The memory belongs to the caller and must outlive the transfer.
struct ale_curl_body {
    const char *bytes;
    size_t count;
    size_t offset;
    /// Not 0: nothing of it goes out, and the transfer ends.
    int withheld;
};

/// Uploads from a body, which curl may rewind when it has to start again on a new connection.
CURLcode ale_curl_set_body(CURL *handle, struct ale_curl_body *body);

/// What comes back, up to `room` bytes: what does not fit ends the transfer. The memory belongs to the caller.
struct ale_curl_answer {
    char *bytes;
    size_t room;
    size_t count;
};

/// Keeps the body of an answer.
CURLcode ale_curl_set_answer(CURL *handle, struct ale_curl_answer *answer);

/// Posts these bytes, of which curl takes a copy.
static inline CURLcode ale_curl_set_post(CURL *handle, const void *bytes, size_t count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
    return code;
}

/// The status of the answer; 0 when there was none.
static inline long ale_curl_status(CURL *handle) {
    long status = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

#endif
