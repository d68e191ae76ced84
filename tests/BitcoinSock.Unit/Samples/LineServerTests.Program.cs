using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The server as a program of its own, which has served nobody yet.</summary>
public partial class LineServerTests
{
    private const int Limit = 150;
    private const int Strangers = 200;
    private const int NearlyAll = Limit - 5;

    [Fact(
        Skip = "limits descriptors by a shell and counts them in /proc",
        SkipUnless = nameof(OnLinux)
    )]
    public void Strangers_who_take_every_descriptor_before_the_first_line_are_served_and_dropped()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "LineServer");
        string limited =
            $"ulimit -n {Limit}; exec env --default-signal=INT '{program}' "
            + "--port 0 --idle-seconds 1";
        using var server = Process.Start(
            new ProcessStartInfo("sh", ["-c", limited]) { RedirectStandardOutput = true }
        )!;
        List<Sock> silent = [];
        try
        {
            // "listening on 127.0.0.1:12345; Ctrl+C ends it"
            string listening = server.StandardOutput.ReadLine()!.Split(' ', ';')[2];
            for (int i = 0; i < Strangers; i++)
            {
                Sock stranger = Sock.Create(AddressFamily.InterNetwork);
                silent.Add(stranger);
                stranger.ConnectComplete(IPEndPoint.Parse(listening), Within.Long);
            }

            string open = $"/proc/{server.Id}/fd";
            Assert.True(
                SpinWait.SpinUntil(
                    () => Directory.GetFileSystemEntries(open).Length >= NearlyAll,
                    Within.Long
                )
            );
            Assert.Equal("echo: the first line of all", Ask(silent[0], "the first line of all"));
            // Who waits to be accepted is, when others were silent for too long.
            Assert.Equal("echo: the last", Ask(silent[^1], "the last"));
            using Sock late = Sock.Create(AddressFamily.InterNetwork);
            late.ConnectComplete(IPEndPoint.Parse(listening), Within.Long);
            Assert.Equal("echo: late", Ask(late, "late"));
            using (Process.Start("kill", ["-INT", $"{server.Id}"])) { }
            Assert.True(server.WaitForExit(Within.Long));
            Assert.Equal(0, server.ExitCode);
            string summary = server.StandardOutput.ReadToEnd();
            Assert.StartsWith($"{Strangers + 1} clients, ", summary, StringComparison.Ordinal);
        }
        finally
        {
            silent.ForEach(stranger => stranger.Dispose());
            server.Kill();
        }
    }

    public static bool OnLinux => OperatingSystem.IsLinux();
}
