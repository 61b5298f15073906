#pragma once
#include <hiredis/hiredis.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

// hiredis makes no objects of its own here: it says each part of a reply, in the order of the wire, and Swift makes its
// values of them. So each text is copied once, and there is no tree of replies to free. The structs of hiredis differ
// between its versions, so that Swift touches none of their fields.

#if HIREDIS_MAJOR >= 1
typedef size_t resp_size;
#else
typedef int resp_size;
#endif

// Where the parts go. An answer of false ends the reading.
typedef struct resp_sink {
    void *builder;
    _Bool (*array)(void *builder, int type, size_t elements);
    _Bool (*text)(void *builder, int type, const char *bytes, size_t length);
    _Bool (*integer)(void *builder, long long integer);
    _Bool (*null)(void *builder);
} resp_sink;

// To hiredis any object is as good as another, but NULL, which is a failure.
static inline void *resp_object(resp_sink *sink, _Bool is_taken) { return is_taken ? sink : NULL; }

static inline void *resp_create_array(const redisReadTask *task, resp_size elements) {
    resp_sink *sink = task->privdata;
    return resp_object(sink, sink->array(sink->builder, task->type, (size_t)elements));
}
static inline void *resp_create_string(const redisReadTask *task, char *bytes, size_t length) {
    resp_sink *sink = task->privdata;
    return resp_object(sink, sink->text(sink->builder, task->type, bytes, length));
}
static inline void *resp_create_integer(const redisReadTask *task, long long integer) {
    resp_sink *sink = task->privdata;
    return resp_object(sink, sink->integer(sink->builder, integer));
}
static inline void *resp_create_null(const redisReadTask *task) {
    resp_sink *sink = task->privdata;
    return resp_object(sink, sink->null(sink->builder));
}
#if HIREDIS_MAJOR >= 1
// Types of RESP3, which is not spoken here.
static inline void *resp_create_double(const redisReadTask *task, double value, char *text, size_t length) { return NULL; }
static inline void *resp_create_bool(const redisReadTask *task, int value) { return NULL; }
#endif
static inline void resp_free(void *object) {}

static inline redisReader *resp_reader(resp_sink *sink) {
    // Within a function, as a variable of a header that only Swift sees has no home.
    static redisReplyObjectFunctions functions = {
        .createString = resp_create_string,
        .createArray = resp_create_array,
        .createInteger = resp_create_integer,
        .createNil = resp_create_null,
#if HIREDIS_MAJOR >= 1
        .createDouble = resp_create_double,
        .createBool = resp_create_bool,
#endif
        .freeObject = resp_free,
    };
    redisReader *reader = redisReaderCreateWithFunctions(&functions);
    if (reader != NULL) reader->privdata = sink;
    return reader;
}

static inline const char *resp_error(const redisReader *reader) { return reader->errstr; }

// Whether more than `limit` bytes have come of a line without an end, for which hiredis looks from its beginning at each read.
static inline _Bool resp_line_is_longer(const redisReader *reader, size_t limit) {
    if ((size_t)(reader->len - reader->pos) <= limit) return 0;
    const char *place = reader->buf + reader->pos, *end = place + limit;
    while ((place = memchr(place, '\r', (size_t)(end - place))) != NULL) {
        if (*++place == '\n') return 0;
    }
    return 1;
}

// Asks the system for pages of 2 MiB where a text will have many: to get its small pages takes longer than to copy it.
static inline void resp_use_large_pages(void *memory, size_t size) {
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 2 << 20;
    uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1), end = ((uintptr_t)memory + size) & ~(page - 1);
    // A request only: without such pages the text is copied all the same.
    if (size >= 4 * page && begin < end) (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#endif
}
