set output "docs/readiness.svg"
set title "A wake-up by one of many sockets"
set xlabel "sockets watched, all but ten of them idle"
set ylabel "us, from before the byte is sent until it is read"
set xtics ("10" 10, "100" 100, "1000" 1000, "10 000" 10000)
data = "bench/data/readiness.tsv"
plot data using 1:(1e6 * column("SockPoller")) with linespoints lt 1 title "SockPoller", \
     data using 1:(1e6 * column("SockPoller, poll")) with linespoints lt 2 \
         title "SockPoller by poll(2)", \
     data using 1:(1e6 * column("WaitMany")) with linespoints lt 3 title "WaitMany by poll(2)", \
     data using 1:(1e6 * column("select")) with linespoints lt 4 title "WaitMany by select(2)", \
     data using 1:(1e6 * column("Socket.Select")) with linespoints lt 5 title "Socket.Select", \
     data using 1:(1e6 * column("ReceiveAsync")) with linespoints lt 6 \
         title "Socket.ReceiveAsync"
