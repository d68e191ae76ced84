using Xunit.v3;

namespace BitcoinSock.Unit;

/// <summary>
/// Tests that measure a wake-up, take or count descriptors of the process, or listen to all that
/// the library does: nothing may run beside them.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AloneAttribute : Attribute, ITestClassAttribute
{
    public bool DisableParallelization => true;
}
