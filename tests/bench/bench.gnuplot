# deploy/bench.svg from what run measured: gnuplot -e "data='FILE'; picture='FILE'" bench.gnuplot
set terminal svg size 900,420 dynamic noenhanced font "sans-serif,13" background "#ffffff"
set output picture
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set ylabel "requests per second"
set format y "%'.0f"
set grid ytics lc "#cccccc"
set xtics rotate by -25 font ",11"
set yrange [0:*]
set key outside top center horizontal
plot data using 2:xtic(1) title "FastCGI socket" lc rgb "#2b6cb0", \
     data using 3 title "through lighttpd (or by the server itself), TLS" lc rgb "#9ac1e4"
