package servers;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

/** The stock server: its clients are in Spring Boot's own properties, its users in `servers.users`. */
@SpringBootApplication
public class Server {
    public static void main(String[] args) {
        SpringApplication.run(Server.class, args);
    }

    @Bean
    InMemoryUserDetailsManager users(Environment environment) {
        var users = new InMemoryUserDetailsManager();
        Map<String, String> passwords =
            Binder.get(environment).bind("servers.users", Bindable.mapOf(String.class, String.class)).get();
        passwords.forEach((name, password) ->
            users.createUser(User.withUsername(name).password("{noop}" + password).roles("USER").build()));
        return users;
    }
}
