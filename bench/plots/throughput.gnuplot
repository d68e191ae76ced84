set output "docs/throughput.svg"
set title "Reading frames from a unix pair: throughput against their length"
set xlabel "bytes in a frame, with its terminator"
set ylabel "MiB/s"
set xtics ("16" 16, "64" 64, "256" 256, "1 Ki" 1024, "4 Ki" 4096, "16 Ki" 16384, \
    "64 Ki" 65536, "256 Ki" 262144, "1 Mi" 1048576)
data = "bench/data/throughput.tsv"
plot data using 1:"recv_single" with linespoints lt 1 title "RecvUntilTerminator", \
     data using 1:"recv_window" with linespoints lt 2 title "FrameReader, a frame a call", \
     data using 1:"recv_batch" with linespoints lt 3 title "FrameReader, a batch a call", \
     data using 1:"C peek-512" with linespoints lt 4 title "C, peek of 512 (Core)", \
     data using 1:"Socket peek-512" with linespoints lt 5 title "Socket, peek of 512", \
     data using 1:"StreamReader" with linespoints lt 6 title "StreamReader (over-reads)", \
     data using 1:"PipeReader" with linespoints lt 7 title "PipeReader (over-reads)", \
     data using 1:"C floor" with lines lt 8 title "C, recv of 64 KiB (over-reads)"
