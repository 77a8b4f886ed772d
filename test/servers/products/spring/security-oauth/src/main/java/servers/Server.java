package servers;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.WebSecurityConfigurerAdapter;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.oauth2.config.annotation.configurers.ClientDetailsServiceConfigurer;
import org.springframework.security.oauth2.config.annotation.web.configuration.AuthorizationServerConfigurerAdapter;
import org.springframework.security.oauth2.config.annotation.web.configuration.EnableAuthorizationServer;
import org.springframework.security.oauth2.config.annotation.web.configurers.AuthorizationServerEndpointsConfigurer;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

/** The stock server, with a login form. Its one client is in `servers.client`, its users are in `servers.users`. */
@SpringBootApplication
public class Server {
    public static void main(String[] args) {
        SpringApplication.run(Server.class, args);
    }

    private static Map<String, String> strings(Environment environment, String name) {
        return Binder.get(environment).bind(name, Bindable.mapOf(String.class, String.class)).get();
    }

    @Bean
    InMemoryUserDetailsManager userDetailsService(Environment environment) {
        InMemoryUserDetailsManager users = new InMemoryUserDetailsManager();
        strings(environment, "servers.users").forEach((name, password) ->
            users.createUser(User.withUsername(name).password("{noop}" + password).roles("USER").build()));
        return users;
    }

    @Configuration
    static class Pages extends WebSecurityConfigurerAdapter {
        @Override
        protected void configure(HttpSecurity http) throws Exception {
            http.authorizeRequests().anyRequest().authenticated().and().formLogin();
        }
    }

    @Configuration
    @EnableAuthorizationServer
    static class Clients extends AuthorizationServerConfigurerAdapter {
        private final Environment environment;
        private final InMemoryUserDetailsManager users;

        Clients(Environment environment, InMemoryUserDetailsManager users) {
            this.environment = environment;
            this.users = users;
        }

        @Override
        public void configure(ClientDetailsServiceConfigurer clients) throws Exception {
            Map<String, String> client = strings(environment, "servers.client");
            clients.inMemory()
                .withClient(client.get("id"))
                .secret("{noop}" + client.get("secret"))
                .redirectUris(client.get("redirectUri"))
                .authorizedGrantTypes("authorization_code", "refresh_token")
                .scopes("read", "write");
        }

        @Override
        public void configure(AuthorizationServerEndpointsConfigurer endpoints) {
            // Refreshing looks the user up again.
            endpoints.userDetailsService(users);
        }
    }
}
