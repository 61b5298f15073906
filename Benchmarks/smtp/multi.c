// multi HOST:PORT MAILS CONNECTIONS: the plain libcurl-multi loop that the SMTP client is measured against. Each easy handle is
// set up once and sends mail after mail over its kept connection; curl_multi_poll waits for all of them.

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char message[1024];
static size_t length;

struct mail {
    CURL *easy;
    size_t sent;
};

static size_t upload(char *buffer, size_t size, size_t count, void *pointer) {
    struct mail *mail = pointer;
    size_t left = length - mail->sent;
    size_t taken = left < size * count ? left : size * count;
    memcpy(buffer, message + mail->sent, taken);
    mail->sent += taken;
    return taken;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: multi 127.0.0.1:2525 20000 50\n");
        return 64;
    }
    long mails = atol(arguments[2]);
    long connections = atol(arguments[3]);
    char url[256];
    snprintf(url, sizeof url, "smtp://%s/bench.example.org", arguments[1]);
    strcpy(message,
           "From: <bench@example.org>\r\nTo: <to@example.org>\r\nSubject: Bench\r\n"
           "Date: Tue, 24 Nov 2026 04:55:54 +0000\r\nMessage-ID: <01arz3ndektsv4rrffq69g5fav@example.org>\r\n"
           "X-Mailer: bgdemo\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    for (int line = 0; line < 12; line++) strcat(message, "This is one of the lines of a small mail.\r\n");
    length = strlen(message);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
    struct curl_slist *recipients = curl_slist_append(NULL, "<to@example.org>");
    struct mail *all = calloc(connections, sizeof *all);
    long started = 0, done = 0, failed = 0;
    double begin = now();
    for (long place = 0; place < connections && started < mails; place++, started++) {
        struct mail *mail = &all[place];
        mail->easy = curl_easy_init();
        curl_easy_setopt(mail->easy, CURLOPT_URL, url);
        curl_easy_setopt(mail->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(mail->easy, CURLOPT_MAIL_FROM, "<bench@example.org>");
        curl_easy_setopt(mail->easy, CURLOPT_MAIL_RCPT, recipients);
        curl_easy_setopt(mail->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(mail->easy, CURLOPT_READFUNCTION, upload);
        curl_easy_setopt(mail->easy, CURLOPT_READDATA, mail);
        curl_easy_setopt(mail->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
        curl_easy_setopt(mail->easy, CURLOPT_PRIVATE, mail);
        curl_multi_add_handle(multi, mail->easy);
    }
    while (done < mails) {
        int running = 0, left = 0;
        curl_multi_perform(multi, &running);
        CURLMsg *report;
        while ((report = curl_multi_info_read(multi, &left))) {
            struct mail *mail;
            curl_easy_getinfo(report->easy_handle, CURLINFO_PRIVATE, (char **)&mail);
            done++;
            if (report->data.result != CURLE_OK) failed++;
            curl_multi_remove_handle(multi, mail->easy);
            if (started < mails) {
                started++;
                mail->sent = 0;
                curl_multi_add_handle(multi, mail->easy);
            }
        }
        if (done < mails) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    printf("%d mails/s, %ld failed\n", (int)(mails / (now() - begin)), failed);
    return failed > 0;
}
