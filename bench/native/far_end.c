#include "bench.h"

#include <errno.h>
#include <sys/socket.h>

#define PIECE (64 * 1024)

int feed(int fd, const uint8_t *data, int64_t length, int64_t times)
{
    for (; times > 0; times--) {
        for (int64_t sent = 0; sent < length;) {
            int64_t rest = length - sent;
            ssize_t n = send(fd, data + sent, rest < PIECE ? rest : PIECE, MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR) {
                return errno;
            }
            sent += n > 0 ? n : 0;
        }
    }
    return 0;
}

int drain(int fd, int64_t total)
{
    static uint8_t buffer[4 * PIECE];
    while (total > 0) {
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n == 0) {
            return EPIPE;
        }
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        total -= n > 0 ? n : 0;
    }
    return 0;
}
