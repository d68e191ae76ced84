set output "docs/async.svg"
set multiplot layout 1,2 title "Round trips awaited over TCP on loopback"
set xlabel "connections"
set xtics ("1" 1, "100" 100, "1000" 1000)
unset logscale y
set yrange [0:*]
set format y "%.0f"
set ylabel "round trips a second"
unset key
set title "one under way at once"
data = "bench/data/async1.tsv"
plot data using 1:"Sock" with linespoints lt 1, \
     data using 1:"Sock, lines" with linespoints lt 2, \
     data using 1:"Socket" with linespoints lt 4, \
     data using 1:"NetworkStream" with linespoints lt 5, \
     data using 1:"PipeReader" with linespoints lt 6
unset ylabel
set key inside bottom right Left reverse samplen 2 noenhanced
set title "32 under way at once"
data = "bench/data/async32.tsv"
plot data using 1:"Sock" with linespoints lt 1 title "Sock", \
     data using 1:"Sock, lines" with linespoints lt 2 title "Sock, lines", \
     data using 1:"Socket" with linespoints lt 4 title "Socket", \
     data using 1:"NetworkStream" with linespoints lt 5 title "NetworkStream", \
     data using 1:"PipeReader" with linespoints lt 6 title "PipeReader (over-reads)"
unset multiplot
