# A Rails site whose users log in by Devise, with Doorkeeper and its OpenID Connect part as their documentation sets them up.

require "json"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "action_mailer/railtie"
require "devise"
require "doorkeeper"
require "doorkeeper/openid_connect"

PLAN = JSON.parse(ENV.fetch("SITE_PLAN"))

class Site < Rails::Application
  config.load_defaults 6.1
  config.root = ENV.fetch("SITE_DATA")
  config.eager_load = true
  config.cache_classes = true
  config.hosts.clear
  config.secret_key_base = "of a site that lives for one test run"
  config.logger = Logger.new($stdout)
  config.paths["config/routes.rb"] = File.join(__dir__, "routes.rb")
end

ENV["DATABASE_URL"] = "sqlite3:#{ENV.fetch("SITE_DATA")}/site.sqlite3?pool=16&timeout=20000"

class ApplicationController < ActionController::Base; end

class ApplicationRecord < ActiveRecord::Base
  self.abstract_class = true
end

Devise.setup do |config|
  require "devise/orm/active_record"
  config.secret_key = "of a site that lives for one test run"
  config.stretches = 1
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator { current_user || warden.authenticate!(scope: :user) }
  default_scopes :read
  optional_scopes :openid
  use_refresh_token
  # Clients of a test run have addresses on this machine.
  force_ssl_in_redirect_uri false
end

Doorkeeper::OpenidConnect.configure do
  issuer ENV.fetch("SITE_ISSUER")
  # In production, it would say https in its discovery document.
  protocol { :http }
  signing_key OpenSSL::PKey::RSA.generate(2048).to_pem
  subject_types_supported [:public]
  resource_owner_from_access_token { |token| User.find_by(id: token.resource_owner_id) }
  auth_time_from_resource_owner { |_user| nil }
  reauthenticate_resource_owner { |_user, return_to| store_location_for(:user, return_to); sign_out(:user); redirect_to("/users/sign_in") }
  subject { |user, _application| user.id }
end

class User < ApplicationRecord
  devise :database_authenticatable
end

Site.initialize!

# The tables of the generators: doorkeeper:migration, doorkeeper:pkce, doorkeeper:openid_connect:migration.
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :users do |t|
    t.string :email, null: false
    t.string :encrypted_password, null: false
  end
  create_table :oauth_applications do |t|
    t.string :name, null: false
    t.string :uid, null: false
    t.string :secret, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ""
    t.boolean :confidential, null: false, default: true
    t.timestamps null: false
  end
  create_table :oauth_access_grants do |t|
    t.references :resource_owner, null: false
    t.references :application, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ""
    t.string :code_challenge
    t.string :code_challenge_method
  end
  create_table :oauth_access_tokens do |t|
    t.references :resource_owner
    t.references :application, null: false
    t.string :token, null: false
    t.string :refresh_token
    t.integer :expires_in
    t.datetime :revoked_at
    t.datetime :created_at, null: false
    t.string :scopes
    t.string :previous_refresh_token, null: false, default: ""
  end
  create_table :oauth_openid_requests do |t|
    t.references :access_grant, null: false
    t.string :nonce, null: false
  end
end

User.transaction do
  PLAN["users"].each { |user| User.create!(email: "#{user["username"]}@example.com", password: user["password"]) }
  PLAN["clients"].each do |client|
    Doorkeeper::Application.create!(
      name: client["id"], uid: client["id"], secret: client["secret"],
      redirect_uri: client["redirectUri"], scopes: "read openid"
    )
  end
end

run Site
