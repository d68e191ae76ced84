using System.CommandLine;
using System.Text;

namespace PeerProbe;

/// <summary>A name and a password for a SOCKS5 proxy.</summary>
/// <remarks>
/// The password comes from the environment: others can read a command line, and it stays in the
/// history of the shell.
/// </remarks>
internal sealed class Login(string user, string password)
{
    public const string PasswordVariable = "PEERPROBE_PASSWORD";

    public string User => user;

    public string Password => password;

    /// <summary>The option for it; its value is null if it is not given.</summary>
    public static Option<Login?> Option() =>
        new("--user")
        {
            Description = $"Log in to the proxy; the password is in {PasswordVariable}.",
            HelpName = "NAME",
            CustomParser = given =>
            {
                string password = Environment.GetEnvironmentVariable(PasswordVariable) ?? "";
                var login = new Login(given.Tokens[0].Value, password);
                if (!Fits(login.User) || !Fits(login.Password))
                {
                    given.AddError($"--user and {PasswordVariable} have 1 to 255 bytes each.");
                }

                return login;
            },
        };

    // RFC 1929.
    private static bool Fits(string text) => Encoding.UTF8.GetByteCount(text) is > 0 and <= 255;
}
