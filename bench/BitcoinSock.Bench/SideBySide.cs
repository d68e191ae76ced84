using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// Every method on the same payloads, and the ratios that the library is held to.
/// </summary>
internal sealed class SideBySide(int rounds, bool quick)
{
    private const int Chunk = 64 * Payload.KiB;
    private const int LinearRounds = 3; // each is long

    private static readonly AddressFamily[] Families =
    [
        AddressFamily.Unix,
        AddressFamily.InterNetwork,
    ];

    private static readonly ReadMethod[] Readers =
    [
        ReadMethods.ByteByByte,
        ReadMethods.Peek512,
        ReadMethods.CallsOfSingle,
        ReadMethods.CallsOfWindow,
        ReadMethods.SocketPeek512,
        ReadOperations.Single,
        ReadOperations.Window,
        ReadOperations.Batch,
        ReadOperations.Managed,
        ReadOperations.Awaited,
        ReadMethods.StreamReader,
        ReadMethods.PipeReader,
        ReadMethods.Floor,
    ];

    private readonly int _mib = quick ? Payload.MiB / 8 : Payload.MiB;

    public void Run()
    {
        Payload random = Payload.Random(64 * _mib);
        // A call a frame makes short frames slow for most: they get fewer.
        Payload[] others = [Payload.Fixed(8 * _mib, 16), Payload.Fixed(64 * _mib, Payload.MiB)];
        Series[] read = Read(AddressFamily.Unix, random);
        Series[] sent = Send(AddressFamily.Unix);
        foreach (AddressFamily family in Families)
        {
            foreach (Payload payload in others)
            {
                Read(family, payload);
            }
        }

        Read(AddressFamily.InterNetwork, random);
        Send(AddressFamily.InterNetwork);
        new Linear(Math.Min(rounds, LinearRounds), quick).Run();
        PrintRatios(read, sent);
    }

    private Series[] Read(AddressFamily family, Payload payload)
    {
        Series[] all = Series.Measure(rounds, Readers.Select(m => m.On(family, payload)));
        string size = Payload.Size(payload.Total.Bytes);
        Table.Print($"{Of(family)}, {size}, {payload.Name}", payload.Total, all);
        return all;
    }

    private Series[] Send(AddressFamily family)
    {
        long total = 256L * _mib;
        byte[] chunk = new byte[Chunk];
        Series[] all = Series.Measure(
            rounds,
            SendMethods.All.Select(m => m.On(family, chunk, total))
        );
        string title = $"{Of(family)}, {Payload.Size(total)} sent by {Payload.Size(Chunk)}";
        Table.Print(title, new Tally(0, total), all);
        return all;
    }

    private static void PrintRatios(Series[] read, Series[] sent)
    {
        Series peek = Of(read, ReadMethods.Peek512.Name);
        Series batch = Of(read, ReadOperations.Batch.Name);
        double single = Of(read, ReadOperations.Single.Name).Over(peek);
        double window = Of(read, ReadOperations.Window.Name).Over(peek);
        double send = Of(sent, SendMethods.SendComplete.Name).Over(Of(sent, SendMethods.C.Name));
        double floor = batch.Over(Of(read, ReadMethods.Floor.Name));
        Console.WriteLine();
        Console.WriteLine($"ratio recv_single {single:F2}");
        Console.WriteLine($"ratio recv_window {window:F2}");
        Console.WriteLine($"ratio recv_batch {batch.Over(peek):F3}");
        Console.WriteLine($"ratio send {send:F2}");
        Console.WriteLine($"ratio batch_over_floor {floor:F2}");
    }

    private static Series Of(Series[] all, string name) => all.Single(each => each.Name == name);

    private static string Of(AddressFamily family) =>
        family == AddressFamily.Unix ? "unix pair" : "TCP over loopback";
}
