set output "docs/linear.svg"
set title "Time against bytes, in frames of 256 bytes on average"
set xlabel "MiB"
set ylabel "ms"
set xtics (1, 8, 64, 512)
data = "bench/data/linear.tsv"
plot data using 1:(1000 * column("recv_single")) with linespoints lt 1 \
         title "RecvUntilTerminator", \
     data using 1:(1000 * column("recv_window")) with linespoints lt 2 \
         title "FrameReader, a frame a call", \
     data using 1:(1000 * column("recv_batch")) with linespoints lt 3 \
         title "FrameReader, a batch a call"
