/** What somebody has to know who has read nothing else of this project. */
export const READING = `
<p><strong>Verdicts.</strong> A claim <em>holds</em> where every rule of its experiment was met, <em>holds under conditions</em> where those
at its core were met and others not, and <em>does not hold</em> where one at its core was not. The rules stand with each verdict.</p>
<p><strong>Figures.</strong> Sides were measured in turns (A B, B A, A B …), so that what else the machine did fell on all of them. Shown is
the median of the rounds, and with it the quartiles: the middle half of the rounds lies between them (the thin line in a bar). Ratios carry
over to other machines, absolute figures do not. <em>p50</em> and <em>p99</em>: half, and 99 of 100, took no longer. <em>Processor
time</em> is what the service itself used, whatever else ran.</p>
<p><strong>Words.</strong></p>
<dl>
<dt>desk</dt><dd>the login service: people sign in there, it signs the tokens, and publishes its keys and revocation lists</dd>
<dt>card</dt><dd>an access token: short-lived, goes along with every request</dd>
<dt>refresh token</dt><dd>what a client turns in at the desk for a new card when the old one ends</dd>
<dt>guest</dt><dd>a user</dd>
<dt>service</dt><dd>what guests use: here three, for pictures, profiles and data</dd>
<dt>replica</dt><dd>one of several processes that run the same service</dd>
<dt>gateway, balancer</dt><dd>stands before all replicas and hands each request to one of them</dd>
<dt>verifier</dt><dd>the part of a service that checks tokens; it keeps the desk's keys and revocation lists at hand</dd>
<dt>revocation list</dt><dd>one bit for each token that was issued (Token Status List): set when the token is revoked</dd>
<dt>hint</dt><dd>the desk's word to all verifiers that something has changed, so that they need not wait for their next look</dd>
<dt>introspection</dt><dd>a rival: the token is a random text, and the service asks the desk about it (RFC 7662)</dd>
</dl>`;
