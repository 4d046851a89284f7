#!/usr/bin/perl
# compares.pl FILE... - every comparison of a digest, a measurement, a key, a
# signature, a nonce or a token that is not in constant time (lib/bytes.h has
# ct_eq), as "file: call". What is compared is told by the names of its
# arguments, those of struct members and lengths.
use strict;
use warnings;
my $value = qr/(?:SHA\d+|SIG|PUB|PRIV|MAC|TAG|REPORTDATA|NONCE)_LEN
	|(?<![a-z])(?:mrtd|rtmr|mr_\w+|digest|hash|sha(?:256|384)?|nonce
	|report_?data|secret|token|hmac|mac|tag|sig|signature|pub|priv)
	(?![a-z])/x;
for my $file (@ARGV) {
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	my $text = <$in>;
	$text =~ s{/\*.*?\*/}{}gs;
	$text =~ s{"(?:[^"\\]|\\.)*"}{""}g;
	while ($text =~ /\b((?:memcmp|bcmp|slice_eq|slice_is|str(?:n|case)?cmp)
			\s*(\((?:[^()]++|(?2))*\)))/gx) {
		my $call = $1 =~ s/\s+/ /gr;
		print "$file: $call\n" if $call =~ $value;
	}
}
