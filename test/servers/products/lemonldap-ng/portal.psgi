# The portal and its static files on one port: what Debian's nginx or Apache configuration does with it.
use strict;
use warnings;
use JSON;
use Plack::Builder;
use Lemonldap::NG::Portal::Main;
use Lemonldap::NG::Portal::UserDB::Demo;

# No page of a login shows a captcha. The portal loads one all the same, and the stock one needs ImageMagick.
BEGIN {
    package Lemonldap::NG::Portal::Captcha::None;
    use Mouse;
    extends 'Lemonldap::NG::Common::Module';
    sub init { 1 }
    $INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;
}

# Of the demonstration's users, whose password is their name, there are three only.
%Lemonldap::NG::Portal::UserDB::Demo::demoAccounts =
  map { $_ => { uid => $_, cn => $_, mail => "$_\@example.com" } } @{ decode_json $ENV{PORTAL_USERS} };

my $usr = $ENV{PORTAL_USR};

# What the machine had before was not unpacked beside the portal.
sub javascript_below { enable 'Static', path => sub { s{^/javascript/}{} }, root => "$_[0]/javascript/", pass_through => 1 }

builder {
    enable 'Static', path => sub { s{^/static/}{} }, root => "$usr/lemonldap-ng/portal/htdocs/static/";
    javascript_below($usr);
    javascript_below('/usr/share');
    Lemonldap::NG::Portal::Main->run({});
};
