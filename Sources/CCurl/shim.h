#pragma once
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

// libcurl's setters and getters are variadic, which Swift can't call: one typed wrapper for each kind of argument.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_debug(CURL *easy, curl_debug_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, callback);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// Microseconds, or 0 where that point was not reached.
static inline curl_off_t ccurl_get_time(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *ccurl_get_private(CURL *easy) {
    char *value = NULL;
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline curl_socket_t ccurl_get_socket(CURL *easy) {
    curl_socket_t value = CURL_SOCKET_BAD;
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? value : CURL_SOCKET_BAD;
}

/// The status of the last response, or 0 where there was none.
static inline long ccurl_get_status(CURL *easy) {
    long value = 0;
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &value) == CURLE_OK ? value : 0;
}

static inline size_t ccurl_skip(char *bytes, size_t size, size_t count, void *data) {
    (void)bytes, (void)data;
    return size * count;
}

/// What the server answers is read and dropped; without it libcurl prints it.
static inline CURLcode ccurl_skip_body(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ccurl_skip);
}

/// Without it, giving up on a name look-up waits until the system's resolver has.
static inline void ccurl_do_not_wait_for_resolver(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/// These protocols only, whatever the URL says.
static inline CURLcode ccurl_allow_only(CURL *easy, const char *protocols) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
#else
    (void)protocols;
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
}

/// The address of this side of the connection, or NULL. Valid until the handle is used again.
static inline const char *ccurl_get_local_address(CURL *easy) {
    char *value = NULL;
    return curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &value) == CURLE_OK ? value : NULL;
}

// MARK: A connected socket, handed from one transfer to the next

/// A second descriptor of the socket, which no child process inherits; CURL_SOCKET_BAD where there is none left.
static inline curl_socket_t ccurl_duplicate(curl_socket_t socket) {
    return fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

static inline void ccurl_close(curl_socket_t *socket) {
    if (*socket != CURL_SOCKET_BAD) close(*socket);
    *socket = CURL_SOCKET_BAD;
}

/// What has come, without taking it: the number of bytes, 0 where the other side has closed, below 0 where nothing came.
static inline ssize_t ccurl_peek(curl_socket_t socket, void *bytes, size_t count) {
    return recv(socket, bytes, count, MSG_PEEK | MSG_DONTWAIT);
}

static inline curl_socket_t ccurl_take_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose, (void)address;
    curl_socket_t *connected = data, socket = *connected;
    *connected = CURL_SOCKET_BAD;
    return socket;
}

static inline int ccurl_is_connected(void *data, curl_socket_t socket, curlsocktype purpose) {
    (void)data, (void)socket, (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/// The next transfer uses the socket that stands there, which is connected, and owns it from then on.
static inline CURLcode ccurl_adopt(CURL *easy, curl_socket_t *connected) {
    CURLcode result = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_take_socket);
    if (result == CURLE_OK) result = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, connected);
    if (result == CURLE_OK) result = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, ccurl_is_connected);
    return result;
}
