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
// the cure of CVE-2021-32765, write past what it got). An array of more elements than this ends the connection.
#define RESP_MAX_ELEMENTS (16 << 20)

#if HIREDIS_MAJOR >= 1
typedef size_t resp_size;
#else
typedef int resp_size;
#endif

// What this version's own reader calls to make its replies, and the same with the bound. Found once; in a function,
// because Swift compiles the functions of a header that it calls, and no variables beside them.
typedef struct {
    redisReplyObjectFunctions own, bounded;
} resp_functions;

static inline resp_functions *resp_known(void) {
    static resp_functions known;
    return &known;
}

static inline void *resp_create_array(const redisReadTask *task, resp_size elements) {
    return elements > RESP_MAX_ELEMENTS ? NULL : resp_known()->own.createArray(task, elements);
}

static inline void resp_find_functions(void) {
    redisReader *reader = redisReaderCreate();
    if (reader == NULL) return;
    resp_known()->own = resp_known()->bounded = *reader->fn;
    resp_known()->bounded.createArray = resp_create_array;
    redisReaderFree(reader);
}

static inline redisReader *resp_reader(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, resp_find_functions);
    resp_functions *known = resp_known();
    return known->own.createArray == NULL ? NULL : redisReaderCreateWithFunctions(&known->bounded);
}
