using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// Whether a byte costs the same however many there are, and however long their frame is.
/// </summary>
internal sealed class Linear(int rounds, bool quick)
{
    private const int Short = 512;
    private const int BlockMiB = 64;

    private static readonly ReadMethod[] Methods =
    [
        ReadOperations.Single,
        ReadOperations.Window,
        ReadOperations.Batch,
    ];

    /// <summary>Prints a line a figure.</summary>
    /// <param name="data">Gets a row for each number of bytes: MiB, seconds of each method.</param>
    public void Run(TextWriter? data = null)
    {
        Console.WriteLine();
        data?.WriteLine("MiB\t" + string.Join('\t', Methods.Select(method => method.Name)));
        int largest = quick ? 64 : 512;
        Payload block = Payload.Random(BlockMiB * Payload.MiB);
        for (int mib = 1; mib <= largest; mib *= 8)
        {
            Payload payload =
                mib < BlockMiB ? block.Part(BlockMiB / mib) : block.Repeat(mib / BlockMiB);
            Series[] all = Measure(payload);
            data?.WriteLine($"{mib}\t" + string.Join('\t', all.Select(series => series.Median)));
            Print($"{mib} MiB", payload, all);
        }

        int bytes = (quick ? 8 : 32) * Payload.MiB;
        foreach (int frame in new[] { Short, Payload.MiB })
        {
            Payload payload = Payload.Fixed(bytes, frame);
            Print(payload.Name, payload, Measure(payload));
        }
    }

    private static void Print(string what, Payload payload, Series[] all)
    {
        foreach (Series series in all)
        {
            double nsPerByte = series.Median * 1e9 / payload.Total.Bytes;
            Console.WriteLine($"linear {series.Name} {what}: {nsPerByte:F3} ns/byte");
        }
    }

    private Series[] Measure(Payload payload) =>
        Series.Measure(rounds, Methods.Select(m => m.On(AddressFamily.Unix, payload)));
}
