using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PeerProbe;

namespace BitcoinSock.Unit;

/// <summary>A command of PeerProbe run as a whole: what it printed, its exit code.</summary>
internal sealed record ProbeRun(string Output, string Errors, int ExitCode)
{
    /// <summary>The one object that was printed.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Against a listener that says this at once, and then ends the stream.</summary>
    public static ProbeRun Of(ProbeCommand command, string[] options, string said)
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        listener.GetSockName(out EndPoint? here);
        var peer = Background.Run(() =>
        {
            listener.Accept(out Sock accepted);
            accepted.SendComplete(said, Within.Long);
            accepted.ShutdownSend();
            return accepted;
        });
        ProbeRun run = Of(command, [$"{here}", .. options]);
        peer.Join().Dispose();
        return run;
    }

    public static ProbeRun Of(ProbeCommand command, string[] arguments)
    {
        var configuration = new InvocationConfiguration
        {
            Output = new StringWriter(),
            Error = new StringWriter(),
        };
        int exitCode = command.Parse(arguments).Invoke(configuration);
        return new ProbeRun($"{configuration.Output}", $"{configuration.Error}", exitCode);
    }
}
