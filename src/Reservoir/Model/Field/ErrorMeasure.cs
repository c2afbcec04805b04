namespace Esn;

/// <summary>How errors of neighbouring cells are taken together.</summary>
public enum ErrorMeasure
{
    /// <summary>Each cell by itself: the mean square.</summary>
    Euclidean,

    /// <summary>
    /// The image Euclidean distance (x−y)ᵀ G (x−y), G_ij = exp(−d²_ij/2σ²)/(2πσ²): a small displacement of a feature costs
    /// little (L. Wang, Y. Zhang, J. Feng, 2005, doi:10.1109/TPAMI.2005.165).
    /// </summary>
    Imed,
}
