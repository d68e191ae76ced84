// What the benchmarks call in C. Every function returns 0, or the code of the error that ended it.
//
// The descriptors are in blocking mode, as BitcoinSock's are by default. What stands beside one of
// its operations does as that does: MSG_DONTWAIT on each call, poll(2) when there is nothing.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

struct tally {
    int64_t frames;
    int64_t bytes; // terminators included
};

// The far end, the same for every method: in big pieces, blocking.
int feed(int fd, const uint8_t *data, int64_t length, int64_t times);
int drain(int fd, int64_t total);

// Bitcoin Core's RecvUntilTerminator, frame after frame, until so many bytes were read.
int peek_512(int fd, uint8_t terminator, int64_t total, struct tally *tally);

// The calls that exactness costs and nothing else, no deadline, no check: a peek and a recv for
// each frame, or one peek for a window of them. Frames longer than the window are cut.
int exact_calls(int fd, uint8_t terminator, int64_t total, int64_t window, int keeps_window,
                struct tally *tally);

// The floor: reads whatever is there, past any frame, and searches it for all terminators.
int over_read(int fd, uint8_t terminator, int64_t total, struct tally *tally);

// Bitcoin Core's SendComplete, chunk after chunk of the same bytes.
int send_complete(int fd, const uint8_t *chunk, int64_t length, int64_t total);

#endif
