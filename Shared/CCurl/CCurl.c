#include "CCurl.h"

#include <string.h>

static size_t read_body(char *buffer, size_t size, size_t count, void *context) {
    struct ale_curl_body *body = context;
    if (body->withheld) return CURL_READFUNC_ABORT;
    size_t room = size * count;
    size_t left = body->count - body->offset;
    size_t taken = left < room ? left : room;
    memcpy(buffer, body->bytes + body->offset, taken);
    body->offset += taken;
    return taken;
}

static int seek_body(void *context, curl_off_t offset, int origin) {
    struct ale_curl_body *body = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > body->count) return CURL_SEEKFUNC_FAIL;
    body->offset = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

CURLcode ale_curl_set_body(CURL *handle, struct ale_curl_body *body) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_READDATA, body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SEEKDATA, body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->count);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    return code;
}

static size_t keep_answer(char *bytes, size_t size, size_t count, void *context) {
    struct ale_curl_answer *answer = context;
    size_t given = size * count;
    if (given > answer->room - answer->count) return 0;
    memcpy(answer->bytes + answer->count, bytes, given);
    answer->count += given;
    return given;
}

CURLcode ale_curl_set_answer(CURL *handle, struct ale_curl_answer *answer) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_answer);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    return code;
}
