# Draws what an attempt costs by the number of instances, from the table of bench_sim:
#   build/release/tests/bench_sim --benchmark_format=csv > growth.csv
#   gnuplot -e "table='growth.csv'; picture='docs/growth.svg'" tests/bench/growth.gp
set datafile separator ","
set terminal svg size 760,420 font "sans-serif,13" background "white"
set output picture
set logscale x 10
set xrange [70:150000]
set yrange [0:*]
set xlabel "instances"
set ylabel "ns of a core, an attempt"
set grid ytics lc rgb "#dddddd"
set key top left
rows(policy) = "< grep -E 'name|storm/" . policy . "/' " . table
plot rows("guide") using "instances":(1e6 * column("cpu_time") / column("attempts")) \
       with linespoints lw 2 pt 7 lc rgb "#1f5fa8" title "guide: 2.5 calls an attempt", \
     rows("guide_snippet") using "instances":(1e6 * column("cpu_time") / column("attempts")) \
       with linespoints lw 2 pt 5 lc rgb "#c2571a" title "guide-snippet: 0.6 calls an attempt"
