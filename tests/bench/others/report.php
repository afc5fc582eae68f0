<?php
// The same work with PHP's openssl functions.
header('Content-Type: text/plain; charset=utf-8');
header('Vary: Accept');
header('Cache-Control: no-store');
header('X-Content-Type-Options: nosniff');
$text = "No valid client certificate was sent\n";
$certificate = openssl_x509_read($_SERVER['SSL_CLIENT_CERT'] ?? '');
if ($certificate !== false) {
    $facts = openssl_x509_parse($certificate);
    $valid = openssl_x509_checkpurpose($certificate, X509_PURPOSE_SSL_CLIENT, [getenv('BENCH_CA')]) === true;
    $text = "Client cert received\n\nName: {$facts['name']}\nValid dates: "
        . gmdate('c', $facts['validFrom_time_t']) . ' to ' . gmdate('c', $facts['validTo_time_t'])
        . "\n\nThe certificate is " . ($valid ? '' : 'not ') . "valid\n";
}
echo str_pad($text, (int) getenv('BENCH_BYTES'), 'x');
