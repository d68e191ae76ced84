set output "docs/window.svg"
set title "FrameReader: time for 32 MiB against its window, frames of 256 bytes on average"
set xlabel "bytes in a window"
set ylabel "ms"
set xtics ("512" 512, "1 Ki" 1024, "2 Ki" 2048, "4 Ki" 4096, "8 Ki" 8192, "16 Ki" 16384, \
    "32 Ki" 32768, "64 Ki" 65536, "128 Ki" 131072, "256 Ki" 262144, "" 524288, "1 Mi" 1048576)
data = "bench/data/window.tsv"
plot data using 1:(1000 * column("recv_window")) with linespoints lt 2 title "a frame a call", \
     data using 1:(1000 * column("recv_batch")) with linespoints lt 3 title "a batch a call"
