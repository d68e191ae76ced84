#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define TIMEOUT_MS 30000
#define MAX_WAIT_FOR_IO_MS 1000
#define MAX_DATA (4 << 20)

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now); // what Core's GetTime reads
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int is_permanent(int error)
{
    return error != EAGAIN && error != EINTR && error != EINPROGRESS;
}

// Between two tries: 0, or ETIMEDOUT.
static int wait_for(int fd, short events, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - now_ms();
    if (left_ms <= 0) {
        return ETIMEDOUT;
    }
    struct pollfd entry = {.fd = fd, .events = events};
    poll(&entry, 1, left_ms < MAX_WAIT_FOR_IO_MS ? (int)left_ms : MAX_WAIT_FOR_IO_MS);
    return 0;
}

struct line {
    uint8_t *bytes;
    size_t length;
    size_t room;
};

static int append(struct line *line, const uint8_t *bytes, size_t count)
{
    if (line->room - line->length < count) {
        size_t room = 2 * line->room + count;
        uint8_t *larger = realloc(line->bytes, room);
        if (!larger) {
            return ENOMEM;
        }
        line->bytes = larger;
        line->room = room;
    }
    memcpy(line->bytes + line->length, bytes, count);
    line->length += count;
    return 0;
}

// Follows src/util/sock.cpp step by step, and is kinder to itself in two of them: memchr instead
// of std::find, and memory that is kept from line to line instead of a new std::string for each.
static int recv_until_terminator(int fd, uint8_t terminator, struct line *line)
{
    int64_t deadline_ms = now_ms() + TIMEOUT_MS;
    line->length = 0;
    for (;;) {
        if (line->length >= MAX_DATA) {
            return EMSGSIZE;
        }
        uint8_t buf[512];
        size_t left = MAX_DATA - line->length;
        size_t window = left < sizeof buf ? left : sizeof buf;
        ssize_t peeked = recv(fd, buf, window, MSG_PEEK | MSG_DONTWAIT);
        if (peeked == 0) {
            return EPIPE;
        }
        if (peeked < 0 && is_permanent(errno)) {
            return errno;
        }
        if (peeked > 0) {
            uint8_t *found = memchr(buf, terminator, peeked);
            ssize_t wanted = found ? found - buf + 1 : peeked;
            if (recv(fd, buf, wanted, MSG_DONTWAIT) != wanted) {
                return EIO;
            }
            int error = append(line, buf, found ? wanted - 1 : wanted);
            if (error || found) {
                return error;
            }
        }
        int error = wait_for(fd, POLLIN, deadline_ms);
        if (error) {
            return error;
        }
    }
}

int peek_512(int fd, uint8_t terminator, int64_t total, struct tally *tally)
{
    struct line line = {0};
    int error = 0;
    while (!error && tally->bytes < total) {
        error = recv_until_terminator(fd, terminator, &line);
        tally->frames += !error;
        tally->bytes += line.length + 1;
    }
    free(line.bytes);
    return error;
}

int exact_calls(int fd, uint8_t terminator, int64_t total, int64_t window, int keeps_window,
                struct tally *tally)
{
    static uint8_t view[64 * 1024], taken[64 * 1024];
    uint8_t *start = view, *end = view;
    while (tally->bytes < total) {
        uint8_t *found = start < end ? memchr(start, terminator, end - start) : NULL;
        if (!found) {
            ssize_t n = recv(fd, view, window, MSG_PEEK);
            if (n <= 0) {
                return n < 0 ? errno : EPIPE;
            }
            start = view;
            end = view + n;
            found = memchr(start, terminator, n);
        }
        ssize_t wanted = found ? found - start + 1 : end - start;
        if (recv(fd, taken, wanted, 0) != wanted) {
            return EIO;
        }
        start = keeps_window ? start + wanted : end;
        tally->frames += found != NULL;
        tally->bytes += wanted;
    }
    return 0;
}

int over_read(int fd, uint8_t terminator, int64_t total, struct tally *tally)
{
    static uint8_t buffer[64 * 1024];
    while (tally->bytes < total) {
        // Blocking, the cheapest there is: it is the floor.
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) {
            return n < 0 ? errno : EPIPE;
        }
        uint8_t *at = buffer, *end = buffer + n;
        while ((at = memchr(at, terminator, end - at))) {
            tally->frames++;
            at++;
        }
        tally->bytes += n;
    }
    return 0;
}

int send_complete(int fd, const uint8_t *chunk, int64_t length, int64_t total)
{
    for (; total > 0; total -= length) {
        int64_t deadline_ms = now_ms() + TIMEOUT_MS;
        for (int64_t sent = 0;;) {
            ssize_t n = send(fd, chunk + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && is_permanent(errno)) {
                return errno;
            }
            sent += n > 0 ? n : 0;
            if (sent == length) {
                break;
            }
            int error = wait_for(fd, POLLOUT, deadline_ms);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}
