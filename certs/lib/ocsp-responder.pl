# An HTTP server on loopback that hands each OCSP request to `openssl ocsp` (RFC 6960 appendix A), for tests and demos.
# Arguments: the port (0: any free one), then those of `openssl ocsp`. A pass phrase stands on descriptor 3.
use strict;
use warnings;
use File::Temp ();
use IO::Socket::INET;

my ($port, @arguments) = map { /\A(.*)\z/s } @ARGV;
open(my $secret, '<&=', 3) or die "ca ocsp: no descriptor 3: $!\n";
my $password = <$secret> // "\n";
close $secret;
($ENV{PATH}) = $ENV{PATH} =~ /\A(.*)\z/s;
delete @ENV{qw(IFS CDPATH ENV BASH_ENV)};

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1)
	or die "ca ocsp: cannot listen on port $port of 127.0.0.1: $!\n";
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
$| = 1;
print "OCSP responder: http://127.0.0.1:" . $listener->sockport . "/\n";

while (1) {
	my $client = $listener->accept or next;
	my $child = fork;
	if (defined $child && $child == 0) {
		close $listener;
		# A client that dawdles is dropped.
		alarm 10;
		$SIG{CHLD} = 'DEFAULT';
		serve($client);
		exit 0;
	}
	close $client;
}

sub serve {
	my ($client) = @_;
	binmode $client;
	my $request = read_request($client);
	my $answer = defined $request ? ask($request) : undef;
	my ($status, $type, $body) = !defined $request ? ('400 Bad Request', 'text/plain', "no OCSP request\n")
		: !defined $answer ? ('500 Internal Server Error', 'text/plain', "openssl cannot answer\n")
		: ('200 OK', 'application/ocsp-response', $answer);
	print $client "HTTP/1.0 $status\r\nContent-Type: $type\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
	close $client;
}

# The DER of a POST's body, or of a GET's path in base64. Nothing when it is neither.
sub read_request {
	my ($client) = @_;
	my ($head, $body) = ('', '');
	while ($head !~ /\r?\n\r?\n/) {
		return if length $head > 16384 || !sysread($client, $head, 4096, length $head);
	}
	($head, $body) = split /\r?\n\r?\n/, $head, 2;
	if ($head =~ m{\AGET /(\S+) HTTP/1}) {
		my $path = $1;
		$path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
		return unless $path =~ m{\A[A-Za-z0-9+/]+=*\z};
		$path =~ tr{A-Za-z0-9+/}{}cd;
		return unpack 'u', join '', map { chr(32 + int(length($_) * 3 / 4)) . tr{A-Za-z0-9+/}{ -_}r . "\n" } $path =~ /(.{1,60})/g;
	}
	return unless $head =~ m{\APOST \S+ HTTP/1} && $head =~ /^Content-Length:[ \t]*([0-9]{1,5})[ \t]*\r?$/im;
	my $length = $1;
	while (length $body < $length) {
		return unless sysread($client, $body, $length - length $body, length $body);
	}
	return substr $body, 0, $length;
}

# openssl's answer in DER, or nothing. Its messages go where ours go.
sub ask {
	my ($request) = @_;
	my ($in, $out) = (File::Temp->new(TMPDIR => 1), File::Temp->new(TMPDIR => 1));
	binmode $in;
	print $in $request;
	close $in;
	# Perl closes descriptors above $^F on exec, and this one is meant for openssl.
	local $^F = 255;
	pipe(my $from, my $to) or return;
	print $to $password;
	close $to;
	my $child = fork;
	return unless defined $child;
	if ($child == 0) {
		require POSIX;
		POSIX::dup2(fileno $from, 3);
		open(STDOUT, '>&', \*STDERR);
		exec 'openssl', 'ocsp', @arguments, '-reqin', $in->filename, '-respout', $out->filename or POSIX::_exit(1);
	}
	waitpid $child, 0;
	return if $? != 0;
	local $/;
	open(my $answer, '<:raw', $out->filename) or return;
	return <$answer>;
}
