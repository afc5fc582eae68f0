#!/usr/bin/perl
# The same work with Perl: FCGI, Crypt::OpenSSL::X509 for the facts, and Net::SSLeay for the verification
# (Debian has no Crypt::OpenSSL::Verify). Usage: report.pl SOCKET PROCESSES BYTES CA
use strict;
use warnings;
use Crypt::OpenSSL::X509;
use FCGI;
use Net::SSLeay;

my ($path, $processes, $bytes, $ca) = @ARGV;
my $store = Net::SSLeay::X509_STORE_new();
open(my $file, '<', $ca) or die "$ca: $!";
my $pem = do { local $/; <$file> };
Net::SSLeay::X509_STORE_add_cert($store, read_certificate($pem));
my $socket = FCGI::OpenSocket($path, 1024);
for (2 .. $processes) {
    my $child = fork // die "fork: $!";
    last if $child == 0;
}

my %environment;
my $request = FCGI::Request(\*STDIN, \*STDOUT, \*STDERR, \%environment, $socket);
$SIG{TERM} = 'DEFAULT';    # FCGI's own handler goes on accepting
while ($request->Accept() >= 0) {
    my $text = report($environment{SSL_CLIENT_CERT} // '');
    print "Content-Type: text/plain; charset=utf-8\r\nVary: Accept\r\nCache-Control: no-store\r\n",
        "X-Content-Type-Options: nosniff\r\n\r\n", $text, 'x' x ($bytes - length $text);
    $request->Finish();
}

sub read_certificate {
    my ($text) = @_;
    my $bio = Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem());
    Net::SSLeay::BIO_write($bio, $text);
    my $certificate = Net::SSLeay::PEM_read_bio_X509($bio);
    Net::SSLeay::BIO_free($bio);
    return $certificate;
}

sub is_valid {
    my ($certificate) = @_;
    my $context = Net::SSLeay::X509_STORE_CTX_new();
    Net::SSLeay::X509_STORE_CTX_init($context, $store, $certificate, 0);
    my $valid = Net::SSLeay::X509_verify_cert($context) == 1;
    Net::SSLeay::X509_STORE_CTX_free($context);
    return $valid;
}

sub report {
    my ($text) = @_;
    my $facts = eval { Crypt::OpenSSL::X509->new_from_string($text) };
    return "No valid client certificate was sent\n" unless $facts;
    my $certificate = read_certificate($text);
    my $words = is_valid($certificate) ? 'valid' : 'not valid';
    Net::SSLeay::X509_free($certificate);
    return "Client cert received\n\nName: " . $facts->subject() . "\nValid dates: " . $facts->notBefore()
        . ' to ' . $facts->notAfter() . "\n\nThe certificate is $words\n";
}
