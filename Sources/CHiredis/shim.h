#pragma once
#include <hiredis/hiredis.h>
#include <pthread.h>

// The structs of hiredis differ between its versions, so that Swift touches none of their fields: it reads a reply
// through these.

static inline int resp_type(const void *reply) { return ((const redisReply *)reply)->type; }
static inline long long resp_integer(const void *reply) { return ((const redisReply *)reply)->integer; }
static inline const char *resp_bytes(const void *reply) { return ((const redisReply *)reply)->str; }
static inline size_t resp_length(const void *reply) { return ((const redisReply *)reply)->len; }
static inline size_t resp_count(const void *reply) { return ((const redisReply *)reply)->elements; }
static inline const void *resp_element(const void *reply, size_t place) {
    return ((const redisReply *)reply)->element[place];
}
static inline const char *resp_error(const redisReader *reader) { return reader->errstr; }

// An array's header alone makes hiredis allocate its slots: 24 bytes could ask for 16 GiB (and, in a version without
// the cure of CVE-2021-32765, write past what it got). And arrays in arrays are freed by recursion, in versions since
// 1.0 to any depth. An array of more elements, or within more others, ends the connection.
#define RESP_MAX_ELEMENTS (8 << 20)
#define RESP_MAX_DEPTH 7

#if HIREDIS_MAJOR >= 1
typedef size_t resp_size;
#else
typedef int resp_size;
#endif

// hiredis' own functions for making replies, and a copy whose arrays are bounded: variables within functions, as those
// of a header that only Swift sees have no home.
static inline redisReplyObjectFunctions *resp_functions(int bounded) {
    static redisReplyObjectFunctions functions[2];
    return &functions[bounded];
}

static inline void *resp_create_array(const redisReadTask *task, resp_size elements) {
    int depth = 0;
    for (const redisReadTask *parent = task->parent; parent != NULL; parent = parent->parent) depth++;
    if (depth > RESP_MAX_DEPTH || elements > RESP_MAX_ELEMENTS) return NULL;
    return resp_functions(0)->createArray(task, elements);
}

static inline void resp_prepare(void) {
    redisReader *reader = redisReaderCreate();
    if (reader == NULL) return;
    *resp_functions(0) = *resp_functions(1) = *reader->fn;
    resp_functions(1)->createArray = resp_create_array;
    redisReaderFree(reader);
}

static inline redisReader *resp_reader(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, resp_prepare);
    return resp_functions(0)->createArray == NULL ? NULL : redisReaderCreateWithFunctions(resp_functions(1));
}
