using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What all commands of PeerProbe have in common: reports, exit codes, Ctrl+C.</summary>
public partial class PeerProbeCommandTests
{
    private const int Interrupt = 2;

    public static bool OnUnix => !OperatingSystem.IsWindows();

    [Fact]
    public void Json_is_one_object_with_what_was_found_and_how_it_failed()
    {
        ProbeRun run = ProbeRun.Of(
            new SamCommand(),
            ["--json"],
            "HELLO REPLY RESULT=OK VERSION=3.1\nDEST"
        );
        Assert.Equal("sam", $"{run.Json["probe"]}");
        Assert.Equal("closed", $"{run.Json["status"]}");
        Assert.Equal((int)ExitCode.Closed, run.ExitCode);
        Assert.Equal(run.ExitCode, run.Json["exit_code"]!.GetValue<int>());
        Assert.Equal("3.1", $"{run.Json["found"]!["version"]}");
        Assert.Contains("received 38", $"{run.Json["failure"]!["kept"]}", StringComparison.Ordinal);
        Assert.Empty(run.Errors);
        Assert.Single(run.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Text_has_the_facts_first_and_then_the_failure_apart()
    {
        ProbeRun run = ProbeRun.Of(new SamCommand(), [], "HELLO REPLY RESULT=OK VERSION=3.1\nDEST");
        Assert.StartsWith("SAM bridge at 127.0.0.1:", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "  version  3.1" + Environment.NewLine,
            run.Output,
            StringComparison.Ordinal
        );
        Assert.StartsWith("PeerProbe: 127.0.0.1:", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_there_is_no_connection()
    {
        using Sock unheard = Sock.Create(AddressFamily.InterNetwork);
        unheard.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        unheard.GetSockName(out EndPoint? nobody);
        foreach (ProbeCommand command in (ProbeCommand[])[new TorCommand(), new BitcoinCommand()])
        {
            ProbeRun run = ProbeRun.Of(command, [$"{nobody}", "--json"]);
            Assert.Equal((int)ExitCode.NoConnection, run.ExitCode);
            Assert.Equal("no_connection", $"{run.Json["status"]}");
            Assert.Equal("{}", run.Json["found"]!.ToJsonString());
        }
    }

    [Fact(Skip = "it sends a signal", SkipUnless = nameof(OnUnix))]
    public void Ctrl_C_ends_it_at_once_and_what_was_found_is_told()
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        listener.GetSockName(out EndPoint? here);
        string program = typeof(ProbeCommand).Assembly.Location;
        string[] command = ["dotnet", program, "sam", $"{here}", "--json", "--timeout", "3600"];
        // Whoever runs the tests in the background may have SIGINT ignored, and that is inherited.
        string[] reset = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : ["env"];
        using Process probe = Process.Start(
            new ProcessStartInfo(reset[0], [.. reset[1..], .. command])
            {
                RedirectStandardOutput = true,
            }
        )!;
        listener.Accept(out Sock bridge);
        bridge.SendComplete("HELLO REPLY RESULT=OK VERSION=3.1\n", Within.Long);
        bridge.RecvUntilTerminator((byte)'\n', Within.Long, default, 100);
        bridge.RecvUntilTerminator((byte)'\n', Within.Long, default, 100);
        Assert.Equal(0, Kill(probe.Id, Interrupt));

        // Once more, as timeout(1) does; not so soon that the system makes one of both.
        Thread.Sleep(2);
        _ = Kill(probe.Id, Interrupt);
        Assert.True(probe.WaitForExit(Within.Long));
        Assert.Equal((int)ExitCode.Interrupted, probe.ExitCode);
        JsonNode report = JsonNode.Parse(probe.StandardOutput.ReadToEnd())!;
        Assert.Equal("interrupted", $"{report["status"]}");
        Assert.Equal("3.1", $"{report["found"]!["version"]}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
