using System.Diagnostics;
using System.Globalization;

namespace BitcoinSock.Field.Networks;

/// <summary>
/// A pair of veth(4) devices: <c>near</c> in this network namespace, <c>far</c> in that of a
/// process, both made by build/networks.sh.
/// </summary>
internal sealed class Link(int farProcess)
{
    public const string FarAddress = "192.0.2.2"; // one of those for documentation (RFC 5737)

    public void Cut() => Far("link", "set", "far", "down");

    public void Restore() => Far("link", "set", "far", "up");

    public void TakeAddress() => Far("address", "del", $"{FarAddress}/24", "dev", "far");

    public void GiveAddress() => Far("address", "add", $"{FarAddress}/24", "dev", "far");

    public Process StartFar(params string[] command)
    {
        string process = farProcess.ToString(CultureInfo.InvariantCulture);
        string[] inside = ["--target", process, "--net", .. command];
        var start = new ProcessStartInfo("nsenter", inside)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private void Far(params string[] arguments)
    {
        using Process ip = StartFar(["ip", .. arguments]);
        ip.WaitForExit();
        if (ip.ExitCode != 0)
        {
            throw new WrongException($"ip {string.Join(' ', arguments)}: {ip.ExitCode}");
        }
    }
}
