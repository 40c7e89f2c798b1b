# Says which tokens Crypt::JWT accepts, set up as its documentation says. Reads a task from stdin, writes a list of booleans.
use strict;
use warnings;
use Crypt::JWT qw(decode_jwt);
use JSON::PP;

local $/;
my $task = decode_json(<STDIN>);
my $is_for_us = sub {
    my ($aud) = @_;
    return scalar grep { $_ eq $task->{audience} } ref $aud ? @$aud : ($aud // '');
};

my @accepted = map {
    my $token = $_;
    eval {
        decode_jwt(
            token        => $token,
            kid_keys     => $task->{jwks},
            accepted_alg => ['ES256'],
            verify_iss   => sub { ($_[0] // '') eq $task->{issuer} },
            verify_aud   => $is_for_us,
            verify_exp   => 1,
            verify_iat   => 1,
        );
        1;
    } ? JSON::PP::true : JSON::PP::false;
} @{ $task->{tokens} };

print encode_json(\@accepted);
