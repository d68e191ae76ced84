# What the plots share. From the root of the repository: gnuplot common.gnuplot PLOT.gnuplot
set terminal svg size 860,440 font "sans-serif,13" background "white"
set datafile separator "\t"
set datafile columnheaders
set grid lc rgb "#dddddd"
set border 3 lc rgb "#555555"
set tics nomirror
set key outside right Left reverse samplen 2 noenhanced
set logscale xy
set autoscale xfix
set offsets graph 0.02, graph 0.02

# The library in colour, each way of reading in its own; what it is compared with in grey.
set linetype 1 lc rgb "#0b5fa5" lw 2.5 pt 7 ps 0.6
set linetype 2 lc rgb "#d9541e" lw 2.5 pt 7 ps 0.6
set linetype 3 lc rgb "#2a8a3e" lw 2.5 pt 7 ps 0.6
set linetype 4 lc rgb "#222222" lw 1.5 pt 5 ps 0.5
set linetype 5 lc rgb "#777777" lw 1.5 pt 9 ps 0.6
set linetype 6 lc rgb "#999999" lw 1.5 pt 11 ps 0.6 dt 2
set linetype 7 lc rgb "#999999" lw 1.5 pt 13 ps 0.6 dt 3
set linetype 8 lc rgb "#222222" lw 1.5 dt 4
