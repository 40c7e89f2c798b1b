# Says which tokens ruby-jwt accepts, set up as its documentation says. Reads a task from stdin, writes a list of booleans.
require 'json'
require 'jwt'

task = JSON.parse($stdin.read)
options = {
  algorithms: ['ES256'],
  jwks: task['jwks'],
  iss: task['issuer'], verify_iss: true,
  aud: task['audience'], verify_aud: true,
  verify_iat: true,
  required_claims: %w[exp iat iss aud sub]
}

accepted = task['tokens'].map do |token|
  JWT.decode(token, nil, true, options)
  true
rescue StandardError
  false
end

puts JSON.generate(accepted)
